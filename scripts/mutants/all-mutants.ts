import { acknowledgesUnverified } from "./bugs/c01-acknowledges-unverified.ts";
import { lostAppendToldFailed } from "./bugs/c03-lost-append-told-failed.ts";
import { longerLogWins } from "./bugs/c04-longer-log-wins.ts";
import { quorumOfHalf } from "./bugs/c05-quorum-of-half.ts";
import { acknowledgedWhenStamped } from "./bugs/c06-acknowledged-when-stamped.ts";
import { readsUncommitted } from "./bugs/c07-reads-uncommitted.ts";
import { sessionBoundIgnored } from "./bugs/c08-session-bound-ignored.ts";
import { denialOfOlderTermCuts } from "./bugs/d01-denial-of-older-term-cuts.ts";
import { oneDenialTooFew } from "./bugs/d02-one-denial-too-few.ts";
import { damageCountsAsHeld } from "./bugs/d03-damage-counts-as-held.ts";
import { forgetfulFollowerCounts } from "./bugs/d04-forgetful-follower-counts.ts";
import { leadsBeforeRepair } from "./bugs/d05-leads-before-repair.ts";
import { lowDiskFilledUp } from "./bugs/d06-low-disk-filled-up.ts";
import { countsOlderTerms } from "./bugs/m01-counts-older-terms.ts";
import { answersBeforeVoteIsStored } from "./bugs/m02-answers-before-vote-is-stored.ts";
import { termAndVoteApart } from "./bugs/m03-term-and-vote-apart.ts";
import { voteClearedAtStepDown } from "./bugs/m04-vote-cleared-at-step-down.ts";
import { preVoteCountedAsVote } from "./bugs/m05-pre-vote-counted-as-vote.ts";
import { ownVoteNotRecorded } from "./bugs/m06-own-vote-not-recorded.ts";
import { unknownDiskCounts } from "./bugs/m10-unknown-disk-counts.ts";
import { commitsUnverifiedTail } from "./bugs/m11-commits-unverified-tail.ts";
import { commitsOnRefusal } from "./bugs/m12-commits-on-refusal.ts";
import { earlyMessageCuts } from "./bugs/m14-early-message-cuts.ts";
import { termZeroMatches } from "./bugs/m16-term-zero-matches.ts";
import { snapshotIsNoEntry } from "./bugs/m17-snapshot-is-no-entry.ts";
import { conflictSurvivesSnapshot } from "./bugs/m18-conflict-survives-snapshot.ts";
import { olderSnapshotWins } from "./bugs/m19-older-snapshot-wins.ts";
import { twoSnapshotsAtOnce } from "./bugs/m21-two-snapshots-at-once.ts";
import { prefixWithoutCheckpoint } from "./bugs/m22-prefix-without-checkpoint.ts";
import { readBeforeNoop } from "./bugs/m25-read-before-noop.ts";
import { readDropped } from "./bugs/m26-read-dropped.ts";
import { readWithoutRound } from "./bugs/m27-read-without-round.ts";
import { noCheckQuorum } from "./bugs/m27b-no-check-quorum.ts";
import { noPreVote } from "./bugs/m28-no-pre-vote.ts";
import { noStickiness } from "./bugs/m29-no-stickiness.ts";
import { stalledDiskLeadsOn } from "./bugs/m30-stalled-disk-leads-on.ts";
import { uncommittedWithoutBound } from "./bugs/m32-uncommitted-without-bound.ts";
import { fenceNotChecked } from "./bugs/m33-fence-not-checked.ts";
import { clientSendsAgain } from "./bugs/m34-client-sends-again.ts";
import { leaderCountsUnsyncedCopy } from "./bugs/m37-leader-counts-unsynced-copy.ts";
import { appliedIndexAhead } from "./bugs/m38-applied-index-ahead.ts";
import { imageBeforeControls } from "./bugs/m38b-image-before-controls.ts";
import { directoryNotSynced } from "./bugs/m40-directory-not-synced.ts";
import { lengthBelieved } from "./bugs/m41-length-believed.ts";
import { damagedIsAbsent } from "./bugs/m42-damaged-is-absent.ts";
import { zeroChecksumPasses } from "./bugs/m43-zero-checksum-passes.ts";
import { sentCountsAsHeld } from "./bugs/m45-sent-counts-as-held.ts";
import { unlinkedBeforeRecorded } from "./bugs/p01-unlinked-before-recorded.ts";
import { checkpointNameNotSynced } from "./bugs/p02-checkpoint-name-not-synced.ts";
import { resetNotRecorded } from "./bugs/p03-reset-not-recorded.ts";
import { installToldTooEarly } from "./bugs/p04-install-told-too-early.ts";
import { trimmedWhenDecided } from "./bugs/p05-trimmed-when-decided.ts";
import { snapshotNotVerified } from "./bugs/p06-snapshot-not-verified.ts";
import { newestRecordDropped } from "./bugs/p07-newest-record-dropped.ts";
import { oldFilesGoFirst } from "./bugs/p08-old-files-go-first.ts";
import { tombstoneGoesTooEarly } from "./bugs/p09-tombstone-goes-too-early.ts";
import { logStartForgotten } from "./bugs/p10-log-start-forgotten.ts";
import { strangerCountsInCommits } from "./bugs/p11-stranger-counts-in-commits.ts";
import { manifestNotSynced } from "./bugs/p12-manifest-not-synced.ts";
import { rowBeforeFrame } from "./bugs/s01-row-before-frame.ts";
import { acknowledgedFromPageCache } from "./bugs/s02-acknowledged-from-page-cache.ts";
import { droppedSegmentNotEmptied } from "./bugs/s03-dropped-segment-not-emptied.ts";
import { damageIsCut } from "./bugs/s04-damage-is-cut.ts";
import { recoveryTrustsPageCache } from "./bugs/s05-recovery-trusts-page-cache.ts";
import { failedSyncForgotten } from "./bugs/s06-failed-sync-forgotten.ts";
import { framesCutBeforeRows } from "./bugs/s07-frames-cut-before-rows.ts";
import { manifestBeforeDirectory } from "./bugs/s08-manifest-before-directory.ts";
import { rollDoesNotWait } from "./bugs/s09-roll-does-not-wait.ts";
import { bothCopiesAtOnce } from "./bugs/s10-both-copies-at-once.ts";
import { hardStateNotSynced } from "./bugs/s11-hard-state-not-synced.ts";
import { syncIsTriedAgain } from "./bugs/s12-sync-is-tried-again.ts";
import { sealedTooEarly } from "./bugs/s13-sealed-too-early.ts";
import { rowVouchesForMore } from "./bugs/s14-row-vouches-for-more.ts";
import type { Mutant } from "./mutant.ts";

/** Every bug that can be planted into what is built so far. */
export const ALL_MUTANTS: readonly Mutant[] = [
  countsOlderTerms,
  answersBeforeVoteIsStored,
  termAndVoteApart,
  voteClearedAtStepDown,
  preVoteCountedAsVote,
  ownVoteNotRecorded,
  unknownDiskCounts,
  commitsUnverifiedTail,
  commitsOnRefusal,
  earlyMessageCuts,
  termZeroMatches,
  snapshotIsNoEntry,
  conflictSurvivesSnapshot,
  olderSnapshotWins,
  twoSnapshotsAtOnce,
  prefixWithoutCheckpoint,
  readBeforeNoop,
  readDropped,
  readWithoutRound,
  noCheckQuorum,
  noPreVote,
  noStickiness,
  stalledDiskLeadsOn,
  uncommittedWithoutBound,
  fenceNotChecked,
  clientSendsAgain,
  leaderCountsUnsyncedCopy,
  appliedIndexAhead,
  imageBeforeControls,
  directoryNotSynced,
  lengthBelieved,
  damagedIsAbsent,
  zeroChecksumPasses,
  sentCountsAsHeld,
  acknowledgesUnverified,
  lostAppendToldFailed,
  longerLogWins,
  quorumOfHalf,
  acknowledgedWhenStamped,
  readsUncommitted,
  sessionBoundIgnored,
  rowBeforeFrame,
  acknowledgedFromPageCache,
  droppedSegmentNotEmptied,
  damageIsCut,
  recoveryTrustsPageCache,
  failedSyncForgotten,
  framesCutBeforeRows,
  manifestBeforeDirectory,
  rollDoesNotWait,
  bothCopiesAtOnce,
  hardStateNotSynced,
  syncIsTriedAgain,
  sealedTooEarly,
  rowVouchesForMore,
  denialOfOlderTermCuts,
  oneDenialTooFew,
  damageCountsAsHeld,
  forgetfulFollowerCounts,
  leadsBeforeRepair,
  lowDiskFilledUp,
  unlinkedBeforeRecorded,
  checkpointNameNotSynced,
  resetNotRecorded,
  installToldTooEarly,
  trimmedWhenDecided,
  snapshotNotVerified,
  newestRecordDropped,
  oldFilesGoFirst,
  tombstoneGoesTooEarly,
  logStartForgotten,
  strangerCountsInCommits,
  manifestNotSynced,
];
