import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorAnswer } from "#contracts/http.ts";

/** An answer that is not a success: thrown anywhere, turned into JSON at one place (`index.ts`). */
export class HttpError extends Error {
  readonly status: ContentfulStatusCode;
  readonly field: string | undefined;
  readonly headers: Record<string, string>;

  /** @param name stable, for programs; `message` is for people; `field` names what is wrong in the request. */
  constructor(
    status: ContentfulStatusCode,
    name: string,
    message: string,
    { field, headers = {} }: { field?: string | undefined; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = name;
    this.status = status;
    this.field = field;
    this.headers = headers;
  }

  answer(): ErrorAnswer {
    const error = { name: this.name, message: this.message };
    return { error: this.field === undefined ? error : { ...error, field: this.field } };
  }
}
