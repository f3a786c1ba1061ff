// How a parent calls methods of a component that it draws: Preact hands `ref` to components as any other property, so that they
// say themselves where they are. Used by the chat pane, its parts and the shell.
import { Component } from 'preact';

export interface Handle<T> {
  current: T | null;
}

export function new_handle<T>(): Handle<T> {
  return { current: null };
}

// A component that its parent reaches by the handle, for as long as it is on the page.
export abstract class Reachable<P extends { handle: Handle<unknown> }> extends Component<P> {
  constructor(props: P) {
    super(props);
    props.handle.current = this;
  }

  // A successor may have taken the handle already.
  override componentWillUnmount(): void {
    if (this.props.handle.current === this) this.props.handle.current = null;
  }
}
