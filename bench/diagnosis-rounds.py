"""The diagnosis of a channel in SciPy, as the benchmark's peer: the same transforms of the same
lengths in double precision, arrays at a time, planned and windowed once. What the decision does
between transforms is shorter than ours.

    diagnosis-rounds.py FILE RATE SPEED_HZ BPFO BPFI BSF FTF

FILE holds windows of a second, 32-bit floats. The first line is the version; each line that is read
is a number of seconds to diagnose, answered with seconds of signal per second of processor time,
the RMS of the last window and the part whose lines are the strongest.
"""

import sys
import time

import numpy as np
import scipy
from scipy import fft
from scipy.signal import get_window

path, rate, speed, *orders = sys.argv[1:]
rate = int(float(rate))
speed = float(speed)
orders = dict(zip(("outer", "inner", "ball", "cage"), map(float, orders)))
orders["ball"] *= 2
windows = np.fromfile(path, dtype="<f4").reshape(-1, rate)

CONCLUDE_SECONDS = 10
GAP = 64
RING = 2 ** int(np.ceil(np.log2(rate + GAP)))
SEGMENT = 2 ** int(np.ceil(np.log2(rate)))
BLOCK = 2 ** round(np.log2(20 * rate / speed))
FADE = int(rate * 0.125)
BAND_LENGTHS = (32, 64, 128)
BAND_PARTS = 8

hann = {n: get_window("hann", n) for n in (rate, BLOCK, *BAND_LENGTHS)}
taper = np.ones(rate)
taper[:FADE] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)
taper[-FADE:] = taper[:FADE][::-1]
segment_hz = fft.rfftfreq(SEGMENT, 1 / rate)
ring_hz = fft.rfftfreq(RING, 1 / rate)
in_severity_band = (ring_hz >= 10) & (ring_hz <= 1000)
integrate_twice = np.zeros(len(ring_hz))
integrate_twice[in_severity_band] = -1 / (2 * np.pi * ring_hz[in_severity_band]) ** 2
in_envelope_band = (ring_hz >= 1000) & (ring_hz <= 0.45 * rate)


def gate(x):
    """Not finite, clipped, stuck, constant; hum of the mains; a band that ends too early."""
    if not np.isfinite(x).all():
        return False
    magnitude = np.abs(x)
    top = magnitude.max()
    clipped = np.count_nonzero(magnitude >= top)
    stuck = np.count_nonzero(x[1:] == x[:-1])
    if not (x.min() < x.max() and clipped < 0.01 * len(x) and stuck < 0.5 * len(x)):
        return False
    power = density(x)
    whole = np.cumsum(power)
    mains = sum(
        power[slice(*np.searchsorted(segment_hz, (n * 50 - 2, n * 50 + 2)))].sum()
        for n in (1, 3, 5, 7, 9)
    )
    ends_hz = segment_hz[np.searchsorted(whole, 0.9999 * whole[-1])]
    return mains < 0.5 * whole[-1] and ends_hz > 0.1 * rate


def density(x):
    spectrum = fft.rfft((x - x.mean()) * hann[rate], SEGMENT)
    return (spectrum.real**2 + spectrum.imag**2) * (2 / (rate * np.sum(hann[rate] ** 2)))


def band_rms(power, low, high, integrations=0):
    inside = slice(*np.searchsorted(segment_hz, (low, high)))
    weights = (2 * np.pi * segment_hz[inside]) ** (-2 * integrations)
    return np.sqrt(np.sum(power[inside] * weights) * segment_hz[1])


def line_db(power, hz, step_hz):
    at = int(round(hz / step_hz))
    reach = max(2, int(0.015 * hz / step_hz))
    around = power[max(2, at - 20) : at + 21]
    return 10 * np.log10(power[at - reach : at + reach + 1].max() / np.median(around))


def squared_envelope(spectrum, size):
    """x² + H{x}², by two real transforms as on the other side."""
    return fft.irfft(spectrum, size) ** 2 + fft.irfft(-1j * spectrum, size) ** 2


def features(x):
    rms = np.sqrt(np.mean(x * x))
    peak = np.abs(x).max()
    centred = x - x.mean()
    squares = centred * centred
    kurtosis = np.mean(squares * squares) / np.mean(squares) ** 2
    power = density(x)
    values = [rms, peak, peak / rms, kurtosis]
    values += [band_rms(power, 10, 1000, times) for times in (1, 2)]
    swing = fft.irfft(fft.rfft(centred * taper, RING) * integrate_twice, RING)[FADE : rate - FADE]
    values.append(swing.max() - swing.min())
    values += [band_rms(power, *band) for band in ((10, 300), (300, 1800), (1800, 10000))]
    values += [band_rms(power, o * speed - 2, o * speed + 2) for o in (0.5, 1, 2, 3)]
    ring = fft.rfft(centred, RING)
    envelope = squared_envelope(np.where(in_envelope_band, ring, 0), RING)[:rate]
    lines = density(envelope)
    values += [
        np.mean([line_db(lines, n * order * speed, segment_hz[1]) for n in (1, 2, 3)])
        for order in orders.values()
    ]
    return values


def busiest_band(x):
    """Where the power of short spectra comes most in bursts: the median over parts of a block."""
    best, highest = (0, rate / 2), 0
    for length in BAND_LENGTHS:
        parts = x.reshape(BAND_PARTS, -1)
        whole = parts.shape[1] // length
        frames = parts[:, : whole * length].reshape(BAND_PARTS, whole, length)
        spectra = fft.rfft(frames * hann[length])
        power = spectra.real**2 + spectra.imag**2
        squares = power.sum(axis=1)
        fourths = (power * power).sum(axis=1)
        kurtosis = np.median(fourths / squares**2, axis=0) * power.shape[1] - 2
        last = int(0.45 * length) - 2
        total = squares.sum(axis=0)
        kurtosis[total < 0.02 * total[2 : last + 1].mean()] = 0
        at = 2 + int(np.argmax(kurtosis[2 : last + 1]))
        if kurtosis[at] > highest:
            highest = kurtosis[at]
            best = ((at - 2) * rate / length, (at + 2) * rate / length)
    return best


block_orders = None


def envelope_powers(envelope):
    spectrum = fft.rfft((envelope / envelope.mean() - 1) * hann[BLOCK])
    return np.interp(axis, block_orders, spectrum.real**2 + spectrum.imag**2)


block_orders = fft.rfftfreq(BLOCK, 1 / rate) / speed
axis = np.arange(0, 4 * orders["inner"], block_orders[1] / 2)


def block_spectra(x):
    x = x - x.mean()
    spectrum = fft.rfft(x)
    spectrum[0] = spectrum[-1] = 0
    raw = envelope_powers(x * x + fft.irfft(-1j * spectrum, BLOCK) ** 2)
    low, high = busiest_band(x)
    inside = slice(int(round(low * BLOCK / rate)), int(round(high * BLOCK / rate)))
    selected = np.zeros_like(spectrum)
    selected[inside] = spectrum[inside]
    banded = envelope_powers(squared_envelope(selected, BLOCK))
    magnitude = np.abs(spectrum)
    white = spectrum / np.maximum(magnitude, 1e-3 * magnitude.mean())
    return np.array([envelope_powers(squared_envelope(white, BLOCK)), raw, banded])


def decide(mean):
    """The part whose comb stands out most in the pre-whitened spectrum, allowing for slip."""
    step = axis[1]
    scores = {
        part: np.mean([line_db(mean[0], n * order, step) for n in (1, 2, 3)])
        for part, order in orders.items()
    }
    return max(scores, key=scores.get)


class Channel:
    def __init__(self):
        self.rest = np.empty(0)
        self.sums = 0
        self.blocks = 0
        self.seconds = 0
        self.part = "none"

    def second(self, samples):
        x = samples.astype(np.float64)
        if not gate(x):
            raise SystemExit("the gate refused the benchmark's signal")
        values = features(x)
        self.rest = np.concatenate([self.rest, x])
        while len(self.rest) >= BLOCK:
            self.sums = self.sums + block_spectra(self.rest[:BLOCK])
            self.blocks += 1
            self.rest = self.rest[BLOCK // 2 :]
        self.seconds += 1
        if self.seconds == CONCLUDE_SECONDS:
            self.part = decide(self.sums / self.blocks)
            self.sums = self.blocks = self.seconds = 0
            self.rest = np.empty(0)
        return values[0]


channel = Channel()
print(f"SciPy {scipy.__version__}", flush=True)
for line in sys.stdin:
    count = int(line)
    began = time.process_time()
    for second in range(count):
        rms = channel.second(windows[second % len(windows)])
    print(count / (time.process_time() - began), rms, channel.part, flush=True)
