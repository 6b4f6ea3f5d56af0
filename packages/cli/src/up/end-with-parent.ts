/** Preloaded into every child: when the parent is gone, however it went, the child ends. */
process.on('disconnect', () => process.exit(0));
