// Identifiers that the page makes itself: client_id of a message, Idempotency-Key of a creation.
// Not crypto.randomUUID: that exists only on secure origins.
export function random_id(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
