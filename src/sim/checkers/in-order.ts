/** The items by a number, ties as they were; the list itself where it is in order already. */
export function inOrder<Item>(items: readonly Item[], by: (item: Item) => number): readonly Item[] {
  let before = -Infinity;
  for (const item of items) {
    const at = by(item);
    if (at < before) return items.toSorted((a, b) => by(a) - by(b));
    before = at;
  }
  return items;
}
