/** The requests that the reader must not overlook: they were served and would not be any more. */
export function isLoss(to: string): boolean {
  return to.startsWith('denied') || to.startsWith('no destination') || /\banswers? [45]\d\d/.test(to);
}
