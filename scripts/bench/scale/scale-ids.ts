/** What is measured on logs that are long. */
export const SCALE_IDS = ["P4", "P6", "P7", "P8", "P9"] as const;
export type ScaleId = (typeof SCALE_IDS)[number];
