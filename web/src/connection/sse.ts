/** Server-Sent Events out of pieces of text (WHATWG HTML, section 9.2.6), for `fetch`, which can send a key. */

export interface ServerEvent {
  /** `message` when the server names none. */
  readonly type: string;
  readonly data: string;
  /** The last id that the stream has given; empty when it gave none. */
  readonly id: string;
}

export interface SseParser {
  /** The events that `text` completes; a piece may end anywhere, also within a line break. */
  push(text: string): ServerEvent[];
  /** How long the server asks to wait before coming again, in milliseconds; null when it does not say. */
  readonly retryMs: number | null;
}

export function createSseParser(): SseParser {
  let rest = "";
  let begun = false;
  let [type, id] = ["", ""];
  let data: string[] = [];
  let retryMs: number | null = null;

  function field(name: string, value: string): void {
    if (name === "event") type = value;
    else if (name === "data") data.push(value);
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) retryMs = Number(value);
  }

  function line(text: string): ServerEvent | null {
    if (text === "") {
      const event = data.length > 0 ? { type: type || "message", data: data.join("\n"), id } : null;
      type = "";
      data = [];
      return event;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return null;
    const name = colon < 0 ? text : text.slice(0, colon);
    field(name, colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, ""));
    return null;
  }

  return {
    get retryMs() {
      return retryMs;
    },
    push(text) {
      rest += begun ? text : text.replace(/^\uFEFF/, "");
      begun ||= text !== "";
      // A CR at the end may be the first half of CRLF.
      const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      const lines = whole.split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? "") + rest.slice(whole.length);
      return lines.map(line).filter((event) => event !== null);
    },
  };
}
