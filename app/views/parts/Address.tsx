/** An account or contract, shortened to what one recognises; the whole of it is a pointer or a copy away. */

export function shortAddress(address: string): string {
  return address.length > 14 ? `${address.slice(0, 6)}…${address.slice(-4)}` : address;
}

export function Address({ of }: { readonly of: string }) {
  return (
    <code class="address" title={of}>
      {shortAddress(of)}
    </code>
  );
}
