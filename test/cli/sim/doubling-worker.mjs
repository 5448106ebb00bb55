// Answers numbers with twice as much; a negative one ends it.
process.on("message", (number) => {
  if (number < 0) process.exit(7);
  process.send({ answer: 2 * number, cpuSeconds: number });
});
