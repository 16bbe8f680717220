//! Nights on which the machine, its disks or its people get in the way: a clear error, nothing lost, and the next run goes on.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

mod common {
    pub mod night;
}
use common::night::{Night, counts, settle};

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The result of the study that is otherwise without fault.
fn clean(night: &Night, lines: &str) -> Value {
    let file = night.files(CLEAN).remove(0);
    let object = dicom_object::open_file(file).unwrap();
    let uid = object.element_by_name("StudyInstanceUID").unwrap().to_str().unwrap().into_owned();
    let all = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.into_iter().find(|r| r["study_uid"] == uid.trim_end_matches('\0')).unwrap()
}

fn outcome<'r>(result: &'r Value, code: &str) -> &'r Value {
    result["outcomes"].as_array().unwrap().iter().find(|o| o["code"] == code).unwrap()
}

/// A study without fault.
const CLEAN: &str = "02-clean-ct";

/// Whether this process may do everything, so that permissions keep nothing from it.
fn is_root() -> bool {
    let uid = Command::new("id").arg("-u").output().unwrap();
    uid.stdout.starts_with(b"0")
}

/// Runs a command as nobody, who owns nothing, where this process may.
fn as_nobody(command: &Command) -> Command {
    let mut inner = Command::new("setpriv");
    inner.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    inner.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        inner.current_dir(folder);
    }
    inner.stdout(Stdio::null()).stderr(Stdio::piped());
    inner
}

/// Folders of the night, and its store.
fn give_to_all(night: &Night, folders: &[&str]) {
    for folder in folders {
        open_to_all(&night.path(folder));
    }
    for end in ["", "-run", "-wal", "-shm"] {
        let file = night.path(&format!("night.db{end}"));
        let _ = fs::set_permissions(file, fs::Permissions::from_mode(0o666));
    }
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

#[test]
fn a_folder_without_permission_is_told_and_its_studies_are_not_gone() {
    if !is_root() || Command::new("setpriv").arg("--version").output().is_err() {
        println!("SKIPPED: another user can be tried only by root with setpriv");
        return;
    }
    let mut night = Night::new();
    let (first, _) = night.run(&[]);
    let shut = night.input().join(CLEAN);
    give_to_all(&night, &["", "reports", "in"]);
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o700)).unwrap();
    let output = as_nobody(&night.command("night.db", "shut", &[])).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 10 | 11)), "{}", words(&output));
    let run: Value =
        serde_json::from_slice(&fs::read(night.path("reports").join("shut/run.json")).unwrap())
            .unwrap();
    assert_eq!(run["changes"]["vanished"], 0);
    let told = run["rejected_files"].to_string();
    assert!(told.contains("02-clean-ct") && told.contains("ermission"), "{told}");
    assert_eq!(run["counts"]["rejected_by_reason"]["unreadable"], 1);
    // Given back, everything is what it was.
    open_to_all(&shut);
    let (again, _) = night.run(&[]);
    assert_eq!(counts(&again), [0, 0, 0, counts(&first)[0], 0, 0]);
}

#[test]
fn a_report_folder_that_may_not_be_written_is_named_and_nothing_is_judged() {
    let night = Night::new();
    fs::write(night.path("reports"), "a file where the folder should be").unwrap();
    let output = night.command("night.db", "r", &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(74));
    assert!(words(&output).contains("reports"), "{}", words(&output));
    fs::remove_file(night.path("reports")).unwrap();
    if is_root() && Command::new("setpriv").arg("--version").output().is_ok() {
        fs::create_dir(night.path("reports")).unwrap();
        give_to_all(&night, &[""]);
        let output = as_nobody(&night.command("night.db", "r", &[])).output().unwrap();
        assert_eq!(output.status.code(), Some(74));
        assert!(words(&output).contains("reports/r"), "{}", words(&output));
    }
}

#[test]
fn a_store_that_another_program_has_locked_is_named_and_left_as_it_was() {
    let mut night = Night::new();
    let (first, _) = night.run(&[]);
    let script = "import sqlite3, sys, time\n\
        c = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
        c.execute('BEGIN EXCLUSIVE')\nprint('locked', flush=True)\ntime.sleep(60)";
    let mut holder = Command::new("python3")
        .args(["-c", script])
        .arg(night.path("night.db"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = [0; 6];
    // Kept open, so that the holder may end its line.
    let mut out = holder.stdout.take().unwrap();
    out.read_exact(&mut said).unwrap();
    let began = Instant::now();
    let output = night.command("night.db", "locked", &["--fresh"]).output().unwrap();
    let took = began.elapsed();
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(output.status.code(), Some(74), "{}", words(&output));
    assert!(words(&output).contains("night.db"), "{}", words(&output));
    assert!(took < Duration::from_secs(45), "{took:?}");
    let (again, _) = night.run(&[]);
    assert_eq!(counts(&again)[3], counts(&first)[0]);
}

#[test]
fn files_that_are_written_while_they_are_read_are_judged_by_the_next_run() {
    let mut night = Night::new();
    let whole = night.fresh(&[]);
    // The others are there, so that the study is told however many are caught.
    let moving: Vec<PathBuf> = night.files(CLEAN).into_iter().skip(1).step_by(2).collect();
    let stop = AtomicBool::new(false);
    let caught = std::thread::scope(|scope| {
        // A writer that never rests: it touches every second slice over and over.
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for file in &moving {
                    let mut open = OpenOptions::new().append(true).open(file).unwrap();
                    let length = open.metadata().unwrap().len();
                    open.write_all(&[0]).unwrap();
                    open.set_len(length).unwrap();
                }
            }
        });
        let caught = (0..10).find_map(|n| {
            let (run, told) = night.on(&format!("moving-{n}.db"), &["--fresh"]);
            let changed = run["rejected_files"].to_string().contains("changed while it was read");
            changed.then_some(told)
        });
        stop.store(true, Ordering::Relaxed);
        caught
    });
    let told = caught.expect("a file was caught while it was written");
    let study = clean(&night, &told);
    let unreadable = outcome(&study, "FIL001");
    assert_eq!(unreadable["outcome"], "could_not_run", "{unreadable}");
    assert_ne!(study["verdict"], "pass", "what was not read is not passed");
    settle();
    // Quiet again, it is what it was.
    assert!(night.fresh(&[]) == whole);
}

#[test]
fn a_file_that_the_system_will_not_give_is_no_fault_of_its_study() {
    if !is_root() || Command::new("setpriv").arg("--version").output().is_err() {
        println!("SKIPPED: another user can be tried only by root with setpriv");
        return;
    }
    let mut night = Night::new();
    fs::create_dir(night.path("reports")).unwrap();
    give_to_all(&night, &["", "reports", "in"]);
    let file = night.files(CLEAN).remove(3);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    let output = as_nobody(&night.command("night.db", "shut", &[])).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 10 | 11)), "{}", words(&output));
    let told = fs::read_to_string(night.path("reports").join("shut/studies.jsonl")).unwrap();
    let study = clean(&night, &told);
    assert_eq!(outcome(&study, "FIL001")["outcome"], "could_not_run");
    assert_ne!(study["verdict"], "pass");
    // It counts with its size, whether or not somebody asks when files were written.
    let mut plain = Command::new(env!("CARGO_BIN_EXE_hrgate"));
    plain.current_dir(env!("CARGO_MANIFEST_DIR")).arg("run").arg(night.input());
    plain.arg("--reports").arg(night.path("reports")).args(["--run-id", "plain"]);
    as_nobody(&plain).output().unwrap();
    let read = |run: &str| -> Value {
        let path = night.path("reports").join(run).join("run.json");
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    let (kept, plain) = (read("shut"), read("plain"));
    assert_eq!(kept["counts"], plain["counts"]);
    assert_eq!(kept["input_fingerprint"], plain["input_fingerprint"]);
    open_to_all(&file);
    for end in ["", "-run"] {
        open_to_all(&night.path(&format!("night.db{end}")));
    }
    let (_, told) = night.run(&[]);
    assert_eq!(outcome(&clean(&night, &told), "FIL001")["outcome"], "pass");
}

/// A disk so small that it can be filled.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where none can be mounted.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"]).arg(folder.path());
        let done = mount.output().is_ok_and(|o| o.status.success());
        done.then_some(Self(folder))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Gives it more room.
    fn grow(&self) {
        let mut mount = Command::new("mount");
        assert!(
            mount.args(["-o", "remount,size=64m"]).arg(self.0.path()).status().unwrap().success()
        );
    }

    /// Leaves no room.
    fn fill(&self) {
        let mut ballast = File::create(self.path("ballast")).unwrap();
        while ballast.write_all(&vec![1; 16 << 10]).is_ok() {}
        while ballast.write_all(&[1; 64]).is_ok() {}
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// The same run with another store or another folder of reports.
fn with(night: &Night, run_id: &str, option: &str, value: &Path) -> Command {
    let plain = night.command("night.db", run_id, &[]);
    let mut command = Command::new(plain.get_program());
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    let mut words: Vec<_> = plain.get_args().map(ToOwned::to_owned).collect();
    let at = words.iter().position(|word| word == option).unwrap() + 1;
    words[at] = value.as_os_str().to_owned();
    command.args(words);
    command
}

#[test]
fn a_full_disk_is_told_and_the_next_run_goes_on() {
    let Some(disk) = SmallDisk::new() else {
        println!("SKIPPED: no small disk can be mounted here");
        return;
    };
    let mut night = Night::new();
    let whole = night.fresh(&[]);
    let full = |command: &mut Command| {
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(74), "{}", words(&output));
        let said = words(&output);
        assert!(said.contains("full") || said.contains("No space"), "{said}");
    };
    let store = disk.path("full.db");
    fs::write(disk.path("ballast"), vec![1; 300 << 10]).unwrap();
    full(&mut with(&night, "store-full", "--store", &store));
    let told = night.path("reports").join("store-full/studies.jsonl");
    assert!(!told.exists(), "a list that is not whole bears no name");
    fs::remove_file(disk.path("ballast")).unwrap();
    disk.grow();
    let output = with(&night, "store-again", "--store", &store).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 10 | 11)), "{}", words(&output));
    let told = night.path("reports").join("store-again/studies.jsonl");
    assert!(fs::read_to_string(told).unwrap() == whole);

    let reports = disk.path("reports");
    fs::create_dir(&reports).unwrap();
    disk.fill();
    full(&mut with(&night, "reports-full", "--reports", &reports));
    let left = reports.join("reports-full");
    assert!(!left.join("studies.jsonl").exists() && !left.join("run.json").exists());
}

#[test]
fn a_study_that_takes_too_long_could_not_be_judged_and_is_tried_again() {
    let mut night = Night::new();
    let whole = night.fresh(&[]);
    let (_, told) = night.run(&["--study-time", "0s"]);
    let study = clean(&night, &told);
    assert_eq!(outcome(&study, "FIL004")["outcome"], "could_not_run");
    assert_eq!(study["verdict"], "review", "{}", study["verdict"]);
    let (again, told) = night.run(&[]);
    assert_eq!(counts(&again)[0], 0);
    assert_eq!(told.lines().count(), whole.lines().count());
    assert_eq!(outcome(&clean(&night, &told), "FIL004")["outcome"], "pass");
}
