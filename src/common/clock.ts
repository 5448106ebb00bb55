/** Time, injected. Only `runtime/system-*.ts` and the simulator implement it. */
export interface Clock {
  /** Monotonic milliseconds; elections and timeouts use nothing else. */
  nowMs(): number;
  /** Milliseconds since 1970; stamped on entries, never compared with another node's. */
  wallMs(): number;
}
