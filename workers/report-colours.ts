/** Colours of pictures in reports; they are drawn on paper of their own, so that they read alike by day and by night. */
export const SEAL = "#a8442a";
export const SLATE = "#3f6f8f";
export const FAINT = "#6b6356";
export const RULE = "#e2d9c8";
export const PAPER = "#fffdf8";
