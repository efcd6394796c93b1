// The contract that `telltale contract new` writes to begin with: it is good as it stands, but for
// keys that belong to nobody. The documentation shows the same text.

/** Made once; nobody has their private keys. */
export const EXAMPLE_KEYS = {
  device:
    "telltale/usage/7d1f0c52a9e84b3e8c6a5f2b90d4e713+49984d70+" +
    "AQRGdau8vhRcFniocEcTeQjj4FYqvGHpVEkmlJlczHDM",
  lessor: "nordwind.example+75cac529+AcqeMT9BlX07AuB3E8RwZl6CJ4ZK5cEJviwSRmV3UbeJ",
  lessorWitness: "nordwind.example/witness+3e3d34a0+BJHPaaPfigM5ilujLD4Jl7942PlqoFUjZzDV8oXHOouU",
  lessee: "hafenbau.example+926287ad+AXSIsPj0UMcIFWybOsSI9dj/1rJ4UKAkf8xQWQYZfHsi",
  lesseeWitness: "hafenbau.example/witness+eaf9ce12+BKr4qZwumlDd2LbAJ9eT3OrEtz1fWv14jrWaE06DMZTy",
} as const;

export const EXAMPLE_CONTRACT = `contract: 1                  # version of the format
id: NW-2026-0117

parties:                     # keys as \`telltale key show\` prints them
  lessor:
    name: Nordwind Rental GmbH
    keys:
      - ${EXAMPLE_KEYS.lessor}
    witness: ${EXAMPLE_KEYS.lessorWitness}
  lessee:
    name: Hafenbau AG
    keys:
      - ${EXAMPLE_KEYS.lessee}
    witness: ${EXAMPLE_KEYS.lesseeWitness}

machine:                     # what stands on its plate, and its controller
  maker: Nordwind
  model: Screw compressor 75
  serialNumber: "004711"
  controller: 7d1f0c52a9e84b3e8c6a5f2b90d4e713
  key: ${EXAMPLE_KEYS.device}

zone: Europe/Berlin          # where the days and shifts are
shifts:
  day:   { from: "06:00", to: "18:00", days: [mon, tue, wed, thu, fri] }
  night: { from: "18:00", to: "06:00", days: [mon, tue, wed, thu, fri] }

currency: EUR
billing:
  registers: [working]       # whose hours are billed
  base: { amount: "160.00", per: day }
  included: { perDay: 8h, perWeek: 40h, per28Days: 160h }   # in the base price
  rates:                     # of the hours beyond those; the first that fits holds
    - { name: setting up, modes: [Setup], perHour: "0.00" }
    - { name: night, shifts: [night], perHour: "30.00" }
    - { name: normal, perHour: "20.00" }
  minimum: { amount: "480.00" }
  standby: "5.00"            # each hour of a standby call, instead of the rates
  overload: "12.50"          # on top, for each hour in overload
  faultCredit: "20.00"       # taken off for each hour in FAULT

rounding: { step: 15min, way: down }
unknown: free                # hours of which nobody knows what the machine did
badlyTimed: cheapest         # hours whose day or shift is not sure
substitutes: refused         # hours that only the machine's own hour register knows
lossBound: 1h                # more lost to power cuts needs both parties' assent
witnessAge: 48h              # how old the last look of each party's witness may be
`;
