/**
 * Errors with stable names. `name` travels through Temporal as the failure's type and decides there whether to try again
 * (`workflows/retry.ts`); `message` says what is wrong and `hint` what to do.
 */
export class HaqeiError extends Error {
  readonly hint: string;
  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
    this.name = "HaqeiError";
  }
}

/** The call or its input is wrong: trying again cannot help. */
export class InputError extends HaqeiError {
  override readonly name: string = "InputError";
}

/** A fit came to numbers that are not finite: trying again comes to the same. */
export class NonFiniteError extends InputError {
  override readonly name: string = "NonFiniteError";
}

/** Something by that name or digest is not there. */
export class NotFoundError extends HaqeiError {
  override readonly name: string = "NotFoundError";
}

/** Bytes do not have the digest they are named by. */
export class DigestMismatchError extends HaqeiError {
  override readonly name: string = "DigestMismatchError";
}

/** A compare-and-set met another value than expected. */
export class ConflictError extends HaqeiError {
  override readonly name: string = "ConflictError";
}

/** Temporal, the edge or a store did not answer: worth trying again. */
export class NotReachableError extends HaqeiError {
  override readonly name: string = "NotReachableError";
}

/** The day's data are too few or too different to learn from. */
export class DataGateError extends HaqeiError {
  override readonly name: string = "DataGateError";
}

/** The edge did not come to serve what the pointer says. */
export class ReleaseError extends HaqeiError {
  override readonly name: string = "ReleaseError";
}

/** A receiver refused a notification: sending the same again cannot help. */
export class NotificationRefusedError extends HaqeiError {
  override readonly name: string = "NotificationRefusedError";
}

/** A model without a valid proof that it passed the gates, or a pointer that nobody answers for: neither is released. */
export class BlessingError extends HaqeiError {
  override readonly name: string = "BlessingError";
}
