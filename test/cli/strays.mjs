// A process with stray errors that never completes its orderly stop:
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
