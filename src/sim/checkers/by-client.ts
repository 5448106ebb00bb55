/** Operations of each client, in the order of the record. */
export function byClient<Operation extends { readonly client: string }>(
  operations: readonly Operation[],
): ReadonlyMap<string, readonly Operation[]> {
  const clients = new Map<string, Operation[]>();
  for (const operation of operations) {
    const known = clients.get(operation.client);
    if (known === undefined) clients.set(operation.client, [operation]);
    else known.push(operation);
  }
  return clients;
}
