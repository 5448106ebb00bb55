import { InvalidValue } from "./quantity.ts";

/** Checks `host:port` or `[v6]:port`; port 0 asks for a free one. @throws InvalidValue */
export function parseAddress(text: string): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text.trim());
  if (match === null || Number(match[2]) > 65_535)
    throw new InvalidValue(`"${text}" is not an address such as 127.0.0.1:7101`);
  return text.trim();
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

/** Only this machine can reach it. */
export function isLoopback(address: string): boolean {
  const host = hostOf(address);
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `n1=127.0.0.1:7201,n2=127.0.0.1:7202` as name and address pairs. @throws InvalidValue */
export function parseAddressList(text: string): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = {};
  for (const item of text.split(",")) {
    const [name = "", address = ""] = item.split("=", 2).map((part) => part.trim());
    if (name === "" || address === "")
      throw new InvalidValue(`"${item}" is not a pair such as n1=127.0.0.1:7201`);
    if (name in pairs) throw new InvalidValue(`"${name}" is there twice`);
    pairs[name] = address;
  }
  return pairs;
}
