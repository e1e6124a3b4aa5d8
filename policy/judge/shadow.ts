import type { Check } from "./check.ts";

/** Holds where both models differ too often without anybody having said which is right. */
export const shadowDisagreement: Check = ({ disagreement }, policy) =>
  disagreement !== undefined && disagreement > policy.shadowDisagreement
    ? { action: "hold", reason: "shadow-disagreement" }
    : undefined;
