/**
 * Structured logs: one JSON object a line.
 * Invariant: no token, no signed query and no photo name is ever a field; addresses are cut at their question mark.
 */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

const withoutQuery = (value: LogFields[string]): LogFields[string] =>
  typeof value === 'string' ? value.replace(/(https?:\/\/[^\s?#]+)[?#][^\s]*/g, '$1') : value;

export function createLog(requestId: string, write: (line: string) => void = (line) => console.log(line)): Log {
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      const clean = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, withoutQuery(value)]));
      write(JSON.stringify({ level, event, requestId, ...clean }));
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}
