// Judges HAR files by the schema of HAR 1.2; exits with 0 when all are valid.
import { readFileSync } from 'node:fs';
import validator from 'har-validator/lib/promise.js';

for (const file of process.argv.slice(2)) {
  const har = JSON.parse(readFileSync(file, 'utf8'));
  await validator.har(har).catch((error) => {
    console.error(file, JSON.stringify(error.errors, null, 1));
    process.exit(1);
  });
  console.log('valid', har.log.entries.length);
}
