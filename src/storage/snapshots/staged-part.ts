/** One file of a staged snapshot, whole, verified and synced, to be renamed to its place. */
export interface StagedPart {
  readonly name: string;
  readonly path: string;
}
