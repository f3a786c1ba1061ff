// What an address shows that the page does not know. Used by main.tsx.
export function NotFound() {
  return (
    <main class="sign-in">
      <div class="brand">
        <span class="brand-mark" aria-hidden="true" />
        <h1>There is no such page</h1>
        <p>Nova has nothing at this address.</p>
      </div>
      <a class="primary link" href="/">To Nova</a>
    </main>
  );
}
