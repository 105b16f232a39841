// HTML templates: every value in a template is escaped, except the result of another template.
// Escaping therefore cannot be forgotten.

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The literal parts stand as written; strings put in are escaped for text and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html)[]): Html {
  let text = parts[0] as string;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string | Html;
    text += (value instanceof Html ? value.text : escapeHtml(value)) + (parts[i + 1] as string);
  }
  return new Html(text);
}

export function join(items: readonly Html[]): Html {
  return new Html(items.map((item) => item.text).join(''));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string) : text;
}
