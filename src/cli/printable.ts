/**
 * A terminal obeys control characters: those of a file's name or text are shown instead (C0 but line breaks, DEL, C1).
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g
