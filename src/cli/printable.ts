/**
 * A terminal obeys control characters: those of a file's name or text are shown instead. They are C0 but tabs and line breaks,
 * DEL, C1, and the characters that turn the direction of a text around, by which a line can be made to read as another.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const CONTROL = /\r(?!\n)|[^\P{Cc}\t\n\r]|\p{Bidi_Control}/gu
