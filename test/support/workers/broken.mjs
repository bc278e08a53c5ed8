// A worker that cannot even be loaded.
throw new Error('the fixture cannot be loaded')
