// The process environment, in one place: whoever wants a variable asks for it by name.

export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}
