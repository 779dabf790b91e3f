/** Runs once before all tests: whatever is slow to make and safe to share. */
export default function prepare(): void {}
