/** `Content-Disposition` with a name of any language (RFC 6266, and RFC 8187 for its encoding). */

/**
 * `inline` with `filename`: as it is where it is plain ASCII; otherwise an ASCII likeness for old
 * clients and, after it, the name itself. Nothing in `filename` can end the header or name a folder.
 */
export function inlineDisposition(filename: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not pass
  const name = filename.toWellFormed().replace(/[/\\\u0000-\u001f\u007f]/g, "_");
  const ascii = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^ -~]|["%]/gu, "_");
  const plain = `inline; filename="${ascii}"`;
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${extValue(name)}`;
}

/** RFC 8187, section 3.2: percent-encoded UTF-8 but for attr-char, a few of which JavaScript keeps. */
function extValue(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
