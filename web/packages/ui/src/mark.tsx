// The name and its tally stick: two halves of one stick, notched together.
export function Mark({ label = 'Karv' }: { label?: string }) {
  return (
    <span class="mark">
      <svg viewBox="0 0 22 16" width="22" height="16" aria-hidden="true" focusable="false">
        <path d="M1 1h20v5.5h-3L16.5 4 15 6.5h-2L11.5 4 10 6.5H8L6.5 4 5 6.5H1z" fill="currentColor" />
        <path
          d="M1 15h20V9.5h-3L16.5 12 15 9.5h-2L11.5 12 10 9.5H8L6.5 12 5 9.5H1z"
          fill="currentColor"
          opacity=".55"
        />
      </svg>
      <span>{label}</span>
    </span>
  );
}
