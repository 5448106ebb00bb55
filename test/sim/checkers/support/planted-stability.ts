import { broken, change, END, type Planted, told } from "./planting.ts";

export const STABILITY: readonly Planted[] = [
  {
    check: "K19",
    story: "a leader that is alone goes on leading",
    plant: broken((run) => {
      const at = run.trace.findIndex(({ event }) => event === "leader.steppedDown");
      run.trace.splice(at, 1);
    }),
    message: "n1 leads term 1 for more than 200 ms without reaching a quorum",
  },
  {
    check: "K19",
    story: "a leader whose disk answers nothing goes on leading",
    plant: told((story) => story.append(END - 300, "n2", 2, 7).tell(END, "n2", 2, "disk.stalled")),
    message: "n2 leads term 2 for more than 200 ms while its disk answers nothing",
  },
  {
    check: "K19",
    story: "a fault costs an election after the other",
    plant: told((story) =>
      story.tell(END, "n2", 3, "election.won").tell(END, "n2", 4, "election.won"),
    ),
    message: "4 elections are won, with 2 faults; at most 3 may be",
  },
  {
    check: "K19",
    story: "a node that cannot win asks for votes again and again",
    plant: told((story) => {
      for (const term of [3, 4, 5, 6]) story.tell(END, "n3", term, "election.started");
      return story;
    }),
    message: "elections are started, with 2 faults; at most 3 may be",
  },
  {
    check: "K19",
    story: "a link that is lost one way stops everything",
    plant: broken((run) => {
      change(run.appends, 5, { outcome: "unknown", settledMs: undefined, offset: undefined });
      run.appends.push({
        ...{
          client: "c9",
          values: ["g"],
          invokedMs: 6100,
          settledMs: 6110,
          outcome: "acknowledged",
        },
        offset: 5,
      });
      for (const log of run.logs)
        log.entries.push({ index: 7, term: 2, chain: 702, baseOffset: 5, values: ["g"] });
    }),
    message: "a one-way cut from 3000 to 6000 ms stops everything: none of 1 appends",
  },
];
