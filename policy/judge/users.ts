import type { Check } from "./check.ts";

/** Holds while an arm has fewer users than a promotion needs. */
export const tooFewUsers: Check = ({ errors }, { minimumUsers }) =>
  errors && errors.canary.users >= minimumUsers && errors.stable.users >= minimumUsers
    ? undefined
    : { action: "hold", reason: "too-few-users" };
