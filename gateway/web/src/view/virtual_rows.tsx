// A column of rows of unknown height, of which only those near the screen exist as elements. It comes back where it was left, and j
// and k go from article to article. Used by every page of posts, people and notifications.
import {
  defaultRangeExtractor, elementScroll, measureElement, observeElementOffset, observeElementRect, Virtualizer, type Range,
} from '@tanstack/virtual-core';
import { Component, createRef, type ComponentChildren } from 'preact';
import type { Place } from '../paged.ts';

const row_guess_px = 150;
const overscan_rows = 4;
const load_ahead_rows = 6;

export interface Row {
  key: string;
  // Stops of j and k, and what assistive tools count.
  article: boolean;
  draw: () => ComponentChildren;
}

interface Props {
  rows: Row[];
  place: Place;
  label: string;
  // All rows are here: their number is known.
  complete: boolean;
  // The end is near.
  more: () => void;
}

// Keys on an article press the button that names them in aria-keyshortcuts.
function press(article: HTMLElement, key: string): boolean {
  const button = article.querySelector<HTMLElement>(`[aria-keyshortcuts="${CSS.escape(key)}"]`);
  button?.click();
  return button !== null;
}

export class VirtualRows extends Component<Props> {
  private readonly scroller_ = createRef<HTMLDivElement>();
  private readonly virtual_: Virtualizer<HTMLDivElement, Element>;
  private readonly ending_ = new AbortController();
  private unmount_: () => void = () => {};
  private wants_focus_ = false;
  // The focus is in the column, and in which row.
  private has_focus_ = false;
  private active_index_ = 0;

  constructor(props: Props) {
    super(props);
    this.virtual_ = new Virtualizer(this.options_());
  }

  override componentDidMount(): void {
    this.unmount_ = this.virtual_._didMount();
    this.virtual_._willUpdate();
    const scroller = this.scroller_.current!;
    scroller.scrollTop = this.props.place.offset;
    window.addEventListener('keydown', this.key_, { signal: this.ending_.signal });
    if (this.props.place.active) {
      this.wants_focus_ = true;
      this.forceUpdate();
    }
    this.load_ahead_();
  }

  override componentDidUpdate(): void {
    this.virtual_._willUpdate();
    this.keep_focus_();
    if (this.wants_focus_) this.focus_(this.props.place.active);
    this.load_ahead_();
  }

  override componentWillUnmount(): void {
    this.props.place.sizes = this.virtual_.takeSnapshot();
    this.ending_.abort();
    this.unmount_();
  }

  private options_() {
    const { rows, place } = this.props;
    return {
      count: rows.length,
      initialOffset: place.offset,
      initialMeasurementsCache: place.sizes,
      getScrollElement: () => this.scroller_.current,
      estimateSize: () => row_guess_px,
      getItemKey: (index: number) => rows[index]?.key ?? index,
      rangeExtractor: (range: Range) => this.range_(range),
      observeElementRect, observeElementOffset, measureElement,
      scrollToFn: elementScroll,
      onChange: () => this.forceUpdate(),
      overscan: overscan_rows,
    };
  }

  // What is on the screen, and the row with the focus wherever it is.
  private range_(range: Range): number[] {
    const indexes = defaultRangeExtractor(range);
    const { active } = this.props.place;
    const at = active ? this.props.rows.findIndex((row) => row.key === active) : -1;
    if (at < 0 || indexes.includes(at)) return indexes;
    return at < (indexes[0] ?? 0) ? [at, ...indexes] : [...indexes, at];
  }

  private focus_(key: string): void {
    const row = this.scroller_.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    if (!row) return;
    this.wants_focus_ = false;
    row.focus({ preventScroll: true });
  }

  // The row with the focus has gone: the one in its place takes it.
  private keep_focus_(): void {
    const { rows, place } = this.props;
    if (!this.has_focus_ || document.activeElement !== document.body || rows.some((row) => row.key === place.active)) return;
    place.active = rows[Math.min(this.active_index_, rows.length - 1)]?.key ?? '';
    this.wants_focus_ = place.active !== '';
  }

  private load_ahead_(): void {
    const last = this.virtual_.getVirtualItems().at(-1)?.index ?? 0;
    const { rows, complete, more } = this.props;
    if (!complete && rows.length > 0 && last >= rows.length - load_ahead_rows) more();
  }

  private readonly scrolled_ = () => {
    this.props.place.offset = this.scroller_.current!.scrollTop;
    this.load_ahead_();
  };

  private readonly focused_ = (event: FocusEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('.vrow');
    this.has_focus_ = true;
    if (!row) return;
    this.props.place.active = row.dataset.key ?? '';
    this.active_index_ = Number(row.dataset.index);
  };

  private readonly left_ = (event: FocusEvent) => {
    const to = event.relatedTarget as Node | null;
    if (to && !this.scroller_.current?.contains(to)) this.has_focus_ = false;
  };

  private move_(step: number): void {
    const { rows, place } = this.props;
    const shown = this.virtual_.getVirtualItems().find((item) => item.end > place.offset + 1)?.index ?? 0;
    const at = rows.findIndex((row) => row.key === place.active);
    for (let i = at < 0 ? shown : at + step; i >= 0 && i < rows.length; i += step) {
      if (!rows[i]!.article) continue;
      place.active = rows[i]!.key;
      this.wants_focus_ = true;
      this.virtual_.scrollToIndex(i, { align: 'auto' });
      this.forceUpdate();
      return;
    }
  }

  private readonly key_ = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || document.querySelector('dialog[open], .menu')) return;
    const target = event.target as HTMLElement;
    if (target.matches('input, textarea, select, [contenteditable]')) return;
    if (event.key === 'j' || event.key === 'k') {
      event.preventDefault();
      this.move_(event.key === 'j' ? 1 : -1);
      return;
    }
    const article = target.closest<HTMLElement>('article.vrow');
    if (!article || (event.key === 'Enter' && target !== article)) return;
    if (press(article, event.key)) event.preventDefault();
  };

  override render() {
    const { rows, label, complete } = this.props;
    this.virtual_.setOptions(this.options_());
    // What stands above the first article is not counted.
    const above = Math.max(0, rows.findIndex((row) => row.article));
    return (
      <div class="column-scroll" ref={this.scroller_} onScroll={this.scrolled_} onFocusIn={this.focused_} onFocusOut={this.left_} role="region" aria-label={label}
        tabindex={0}>
        <div class="vrows" style={{ height: `${this.virtual_.getTotalSize()}px` }}>
          {this.virtual_.getVirtualItems().map(({ index, start }) => {
            const row = rows[index]!;
            const common = {
              key: row.key, class: 'vrow', 'data-key': row.key, 'data-index': index, tabindex: -1,
              style: { top: `${start}px` }, ref: this.virtual_.measureElement,
            };
            return row.article
              ? <article {...common} aria-posinset={index - above + 1} aria-setsize={complete ? rows.length - above : -1}>{row.draw()}</article>
              : <div {...common}>{row.draw()}</div>;
          })}
        </div>
      </div>
    );
  }
}
