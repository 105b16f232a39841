// A process whose code throws where nobody catches it, and which never comes to its orderly end by itself:
// node strays.mjs <the compiled module> <how long that end may take>

const [module, order_ms] = process.argv.slice(2);
const { catchStrays } = await import(module);

const log = (fields, message) => console.log(`${message}: ${fields.err.message}`);
const reason = catchStrays({ error: log }, Number(order_ms));
setInterval(() => {}, 1_000);
Promise.reject(new Error('left floating'));
setImmediate(() => {
  throw new Error('thrown in a callback');
});
console.log(`To be replaced: ${await reason}`);
