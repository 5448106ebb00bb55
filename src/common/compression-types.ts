/** What a node may keep its cold files compressed with. */
export const COMPRESSION_TYPES = ["none", "deflate"] as const;
export type CompressionType = (typeof COMPRESSION_TYPES)[number];
