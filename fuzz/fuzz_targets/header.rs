#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hrgate_fuzz::header(data));
