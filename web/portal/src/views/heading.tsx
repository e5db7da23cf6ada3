// The title of a view; takes the focus when the view was come to from within, and names the document.
import { useEffect, useRef } from 'preact/hooks';

let cameFromWithin = false;

export function Heading({ children }: { children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · Karv`;
    if (cameFromWithin) heading.current?.focus();
    cameFromWithin = true;
  }, [children]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
