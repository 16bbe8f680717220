//! A model is ready, or says why it is not: altered, missing, of other ports, without a runtime.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at once")]

#[path = "common/models.rs"]
mod models;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use hrgate::infer::choice::{Choice, Device};
use hrgate::infer::manifest::Manifest;
use hrgate::infer::models::Models;
use hrgate::infer::verify::{self, Input};
use hrgate::model::text::{Language, Text};
use models::{choice, entry, folder, onnx};
use ndarray::Array4;
use tempfile::TempDir;

/// A folder of the one model `view`.
fn view() -> TempDir {
    let bytes = onnx("view.onnx");
    let card = b"# view\n".as_slice();
    folder(&entry("view", "1.0", "image", &bytes), &[("view.onnx", &bytes), ("view.md", card)])
}

fn why(folder: &Path, name: &str) -> Text {
    let models = Models::open(choice(folder));
    let why = models.get(name).map(|_| ()).unwrap_err();
    // It stays so, and says the same.
    assert_eq!(models.get(name).map(|_| ()).unwrap_err(), why);
    assert!(!why.zh.is_ascii(), "no Chinese: {}", why.zh);
    why
}

#[test]
fn a_ready_model_runs_alone_and_in_batches() {
    let folder = view();
    let models = Models::open(choice(folder.path()));
    let model = models.get("view").unwrap();
    assert_eq!(model.entry.threshold("bright").unwrap().to_bits(), 0.5f64.to_bits());
    assert!(model.entry.threshold("dark").unwrap_err().en.contains("no threshold dark"));
    let batch = Array4::from_shape_fn((7, 1, 20, 30), |(b, _, r, c)| {
        f32::from(u8::try_from((b * 31 + r * 7 + c * 3) % 251).unwrap()) / 250.0
    });
    let whole = model.run(&[("image", batch.view().into_dyn())]).unwrap();
    let scores = whole.get("scores").unwrap();
    assert_eq!(scores.shape(), [7, 2]);
    assert!(scores.iter().all(|s| (0.5..1.0).contains(s)), "{scores}");
    assert!(whole.get("boxes").is_err());
    for most in [1, 3, 7, 100] {
        let cut = model.run_batch(batch.view().into_dyn(), most).unwrap();
        let off = (&cut.get("scores").unwrap() - &scores).mapv(f32::abs);
        assert!(off.iter().all(|d| *d < 1e-6), "{most} at once");
    }
    assert_eq!(model.idle_sessions(), 1, "one thread needs one session");
    models.rest();
    assert_eq!(model.idle_sessions(), 0);
    assert!(model.run_batch(Array4::zeros((0, 1, 8, 8)).view().into_dyn(), 4).is_err());
    let flat = Array4::<f32>::zeros((1, 2, 8, 8));
    let shape = model.run(&[("image", flat.view().into_dyn())]).unwrap_err();
    assert!(shape.en.contains("wanted batch x 1 x rows x columns"), "{}", shape.en);
    assert!(
        model.run(&[("picture", batch.view().into_dyn())]).unwrap_err().en.contains("not given")
    );
    assert!(models.get("other").unwrap_err().en.contains("has no model other"));
}

#[test]
fn an_altered_or_missing_file_is_told() {
    let altered = view();
    let mut bytes = onnx("view.onnx");
    let at = bytes.len() - 20;
    bytes[at] ^= 1;
    fs::write(altered.path().join("view.onnx"), bytes).unwrap();
    let text = why(altered.path(), "view");
    assert!(text.en.contains("is not that of the manifest") && text.zh.contains("与清单不符"));
    let missing = view();
    fs::remove_file(missing.path().join("view.onnx")).unwrap();
    assert!(why(missing.path(), "view").en.contains("cannot be read"));
}

#[test]
fn ports_that_are_not_as_the_manifest_says_are_told() {
    let bytes = onnx("view.onnx");
    let plain = entry("view", "1.0", "image", &bytes);
    for (entry, told) in [
        (
            entry("view", "1.0", "picture", &bytes),
            "input picture is not in the file, which has image",
        ),
        (
            plain.replace(r#"["batch", 1, "#, r#"["batch", 3, "#),
            "input image is ? x 1 x ? x ? in the file",
        ),
        (plain.replace(r#"["batch", 2]"#, r#"["batch", "classes"]"#), "output scores is ? x 2"),
        (
            plain.replace(r#"["batch", 2]"#, r#"["batch", 2, 1]"#),
            "output scores is ? x 2 in the file",
        ),
    ] {
        let folder = folder(&entry, &[("view.onnx", &bytes)]);
        let text = why(folder.path(), "view");
        assert!(text.en.contains(told), "{} lacks {told}", text.en);
    }
    let junk = b"this is no model";
    let folder = folder(&entry("view", "1.0", "image", junk), &[("view.onnx", junk)]);
    assert!(why(folder.path(), "view").en.contains("cannot be loaded"));
}

#[test]
fn nan_is_an_error_and_so_is_a_run_that_takes_too_long() {
    let bytes = onnx("nan.onnx");
    let folder = folder(&entry("nan", "1.0", "image", &bytes), &[("nan.onnx", &bytes)]);
    let models = Models::open(choice(folder.path()));
    let nan = verify::run_with(models.get("nan").unwrap(), Input::Ramp).unwrap_err();
    assert!(nan.en.contains("NaN"), "{}", nan.en);

    let folder = view();
    let bytes = onnx("view.onnx");
    let models = Models::open(choice(folder.path()));
    let entry = models.get("view").unwrap().entry.clone();
    let quick = models.open_one(&entry, &bytes).unwrap().limit(Duration::from_millis(1));
    let large = Array4::<f32>::zeros((8, 1, 1500, 1500));
    let late = quick.run(&[("image", large.view().into_dyn())]).unwrap_err();
    assert!(late.en.contains("took longer"), "{}", late.en);
    // The session is as good as before.
    let small = Array4::<f32>::zeros((1, 1, 2, 2));
    let patient = models.get("view").unwrap();
    assert!(patient.run(&[("image", small.view().into_dyn())]).is_ok());
}

#[test]
fn a_wrong_library_is_a_state_not_a_crash() {
    let folder = view();
    let text_file = folder.path().join("view.md");
    for (file, told) in [
        (folder.path().join("nowhere.so"), "is not there"),
        (text_file, "cannot be used"),
        (other_library(), "OrtGetApiBase is missing"),
    ] {
        let choice = Choice { onnxruntime: Some(file), ..choice(folder.path()) };
        let models = Models::open(choice);
        let why = models.get("view").unwrap_err();
        assert!(why.en.contains(told) && !why.zh.is_ascii(), "{}", why.en);
        assert_eq!(models.runtime().unwrap_err(), &why);
    }
    let cuda = Models::open(Choice { device: Device::Cuda, ..choice(folder.path()) });
    assert!(cuda.get("view").unwrap_err().en.contains("no CUDA provider"));
    // None of it spoils the right one.
    assert!(Models::open(choice(folder.path())).get("view").is_ok());
}

/// A library that is on every Linux and is not ONNX Runtime.
fn other_library() -> std::path::PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let libc =
        maps.lines().find_map(|l| l.split_whitespace().last().filter(|p| p.contains("/libc")));
    libc.expect("this test needs Linux with a shared libc").into()
}

#[test]
fn a_centre_replaces_a_model_by_files_alone() {
    let folder = view();
    let run = || {
        let models = Models::open(choice(folder.path()));
        let model = models.get("view").unwrap();
        let outputs = verify::run_with(model, Input::Ramp).unwrap();
        (model.entry.told(), outputs.get("scores").unwrap().to_owned())
    };
    let (before, first) = run();
    assert!(before.starts_with("1.0+") && before.len() == 4 + 12, "{before}");
    let bytes = onnx("other.onnx");
    fs::write(folder.path().join("view.onnx"), &bytes).unwrap();
    let manifest = format!("schema = 1\n{}", entry("view", "2.0-local", "image", &bytes));
    fs::write(folder.path().join("manifest.toml"), manifest).unwrap();
    let (after, second) = run();
    assert!(after.starts_with("2.0-local+"), "{after}");
    assert_ne!(first, second);
}

#[test]
fn an_empty_manifest_is_legal_and_the_errors_of_a_wrong_one_come_all_at_once() {
    assert_eq!(Manifest::parse("m", "schema = 1\n").unwrap(), Manifest::default());
    let bytes = onnx("view.onnx");
    let wrong = entry("view", "1.0", "image", &bytes)
        .replace("card = ", "crad = ")
        .replace("file = \"view", "file = \"../view")
        .replace("rows = 64, ", "")
        .replace("bright = 0.5", "bright = \"half\"");
    let errors = Manifest::parse("manifest.toml", &format!("schema = 2\n{wrong}")).unwrap_err();
    let told = errors.lines(Language::En).join("\n");
    for part in [
        "manifest.toml:1:10: schema must be 1",
        "unknown key `crad` in model; did you mean `card`?",
        "missing key model.card",
        "file may hold letters",
        "missing key model.sizes.rows",
        "model.thresholds.bright must be a finite number",
    ] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    let twice = entry("view", "1", "image", &bytes).repeat(2);
    let errors = Manifest::parse("m", &format!("schema = 1\n{twice}")).unwrap_err();
    assert!(errors.to_string().contains("model view stands twice"));
}

fn hrgate(words: &[&str]) -> Output {
    program::hrgate(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_command_lists_verifies_and_times() {
    let folder = view();
    let (models, library) = (folder.path().display().to_string(), models::library());
    let common = ["--models", &models, "--onnxruntime", library.to_str().unwrap()];
    let run = |words: &[&str]| hrgate(&[words, common.as_slice()].concat());
    let list = run(&["models", "list"]);
    assert_eq!(list.status.code(), Some(0), "{}", told(&list));
    assert!(told(&list).contains("view") && told(&list).contains("ready"), "{}", told(&list));
    let zh = run(&["models", "list", "--lang", "zh"]);
    assert!(told(&zh).contains("可用") && told(&zh).contains("仅供测试"), "{}", told(&zh));
    let json: serde_json::Value =
        serde_json::from_slice(&run(&["models", "list", "--json"]).stdout).unwrap();
    assert_eq!(json["models"][0]["state"], "ready");
    // The folder's own model is fine; the two that the program asks for are not in it.
    let verify = run(&["models", "verify"]);
    assert_eq!(verify.status.code(), Some(28), "{}", told(&verify));
    assert!(told(&verify).contains("trial runs went well"), "{}", told(&verify));
    assert_eq!(told(&verify).matches("the manifest lacks it").count(), 2, "{}", told(&verify));
    let bench = run(&["models", "bench", "--runs", "3", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&bench.stdout).unwrap();
    assert_eq!(json["models"][0]["timed"]["runs"], 3);
    fs::remove_file(folder.path().join("view.md")).unwrap();
    fs::write(folder.path().join("view.onnx"), b"other bytes").unwrap();
    let verify = run(&["models", "verify"]);
    assert_eq!(verify.status.code(), Some(28), "{}", told(&verify));
    assert!(told(&verify).contains("card view.md is missing"), "{}", told(&verify));
    assert!(told(&verify).contains("is not that of the manifest"), "{}", told(&verify));
    assert_eq!(run(&["models", "bench"]).status.code(), Some(28));
    let list = run(&["models", "list"]);
    assert_eq!(list.status.code(), Some(0));
    assert!(told(&list).contains("unavailable"), "{}", told(&list));
    fs::write(folder.path().join("manifest.toml"), "schema = 1\nmodels = 3\n").unwrap();
    assert_eq!(run(&["models", "list"]).status.code(), Some(65));
    fs::remove_file(folder.path().join("manifest.toml")).unwrap();
    assert_eq!(run(&["models", "verify"]).status.code(), Some(74));
}

#[test]
fn golden_values_are_held() {
    let bytes = onnx("view.onnx");
    let with = |value: f64, at: usize| {
        let golden =
            format!("golden = [{{ output = \"scores\", at = {at}, value = {value:?} }}]\n");
        let made = entry("view", "1.0", "image", &bytes) + &golden;
        let folder = folder(&made, &[("view.onnx", &bytes), ("view.md", b"#")]);
        let models = Models::open(choice(folder.path()));
        verify::verify(&models, models.manifest().unwrap().find("view").unwrap())
    };
    let folder = view();
    let models = Models::open(choice(folder.path()));
    let outputs = verify::run_with(models.get("view").unwrap(), Input::Ramp).unwrap();
    let right = f64::from(outputs.get("scores").unwrap()[[1, 1]]);
    assert_eq!(with(right, 3), []);
    assert!(with(right + 0.01, 3)[0].en.contains("a trial run differs"));
    assert!(with(right, 4)[0].en.contains("scores[4] is -"));
}

#[test]
fn without_a_library_the_program_says_what_to_install() {
    let place = tempfile::tempdir().unwrap();
    let folder = view();
    let program = place.path().join("hrgate");
    // The program looks beside itself: it has to stand where there is nothing.
    let built = assert_cmd::cargo::cargo_bin("hrgate");
    fs::hard_link(&built, &program).or_else(|_| fs::copy(&built, &program).map(|_| ())).unwrap();
    let run = |words: &[&str]| {
        let mut command = std::process::Command::new(&program);
        command.current_dir(place.path()).env("HRGATE_LANG", "en").env_remove("ORT_DYLIB_PATH");
        command.env("HRGATE_MODELS", folder.path()).args(words).output().unwrap()
    };
    let list = run(&["models", "list"]);
    assert_eq!(list.status.code(), Some(0), "{}", told(&list));
    assert!(told(&list).contains("run `make setup`"), "{}", told(&list));
    assert_eq!(run(&["models", "verify"]).status.code(), Some(28));
    let wrong = run(&["inspect", ".", "--device", "cuda"]);
    assert_eq!(wrong.status.code(), Some(74), "{}", told(&wrong));
    let nowhere = run(&["inspect", ".", "--models", "nowhere"]);
    assert_eq!(nowhere.status.code(), Some(74), "{}", told(&nowhere));
    // A film that nothing has read is in review, and the page says at its head why.
    let film = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_studies/01-chest-dr");
    run(&["run", film.to_str().unwrap(), "--reports", "out", "--run-id", "night"]);
    let page = fs::read_to_string(place.path().join("out/night/index.html")).unwrap();
    assert!(page.contains("has no model side_marker"), "{page}");
    let studies = fs::read_to_string(place.path().join("out/night/studies.jsonl")).unwrap();
    let study: serde_json::Value = serde_json::from_str(studies.lines().next().unwrap()).unwrap();
    let unread = study["outcomes"].as_array().unwrap().iter().find(|o| o["code"] == "FIL012");
    let unread = unread.unwrap_or_else(|| panic!("{study:#}"));
    assert_eq!((&unread["outcome"], &unread["required"]), (&"could_not_run".into(), &true.into()));
    assert_ne!(study["verdict"], "pass");
}
