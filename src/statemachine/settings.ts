/** The replicated settings that shape the log; what `control: settings` carries. */
export interface LogSettings {
  /** `segment.bytes`: an entry that would pass it starts a new segment. */
  readonly segmentBytes: number;
  /** `segment.ms`: an entry stamped this much after the segment's first starts a new one. */
  readonly segmentMs: number | undefined;
}
