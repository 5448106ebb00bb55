import { codecs, connect, LogError } from "balsa";

type Order = { id: string; total: number };

await using client = await connect({
  endpoints: process.env["BALSA_ENDPOINTS"] ?? ["127.0.0.1:7101", "127.0.0.1:7102"],
});
await using orders = client.producer<Order>({ codec: codecs.json<Order>() });

try {
  const { offset, term, duplicate } = await orders.append(
    { key: "o-1", value: { id: "o-1", total: 42 } },
    { signal: AbortSignal.timeout(2_000) },
  );
  console.log({ offset, term, duplicate });
} catch (err) {
  if (err instanceof LogError && err.outcome === "unknown")
    console.error("may have been written:", err.hint);
  else throw err;
}
