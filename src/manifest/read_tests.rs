use super::*;

fn from(text: &[u8]) -> (Vec<ManifestRow>, Vec<Problem>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    read(file.path()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn bad_rows_are_told_with_their_line_and_the_rest_goes_on() {
    let (rows, problems) = from(
        "检查UID,检查号,急诊标志,检查时间,图像数,检查前准备\n\
         1.2.3,A1,是,2025-03-12 08:30,3,空腹\n\
         ,,否,2025-03-12 08:30,3,\n\
         1.2.4,A2,否,2025-03-32 08:30,x,\n\
         1.2.5,A3\n\
         ,A4,否,2025/3/12 8:30,,\n"
            .as_bytes(),
    );
    assert_eq!(rows.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 4, 6]);
    assert_eq!(rows[0].order_kind, OrderKind::Emergency);
    assert_eq!(rows[0].other["检查前准备"], "空腹");
    assert_eq!((rows[1].exam_at.as_deref(), rows[1].expected_instances), (None, None));
    assert_eq!(rows[2].exam_at.as_deref(), Some("2025-03-12T08:30:00"));
    let told: Vec<(u32, &str)> = problems.iter().map(|p| (p.line, p.text.en.as_str())).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(told[0], (3, "neither study_uid nor accession_number; the row is left out"));
    assert!(told.contains(&(4, "exam_at cannot be read and counts as empty")));
    assert!(told.contains(&(5, "2 fields, expected 6; the row is left out")));
}

#[test]
fn json_arrays_and_lines_give_the_same_rows_as_csv() {
    let csv = from(b"study_uid,order_kind,expected_instances\n1.2.3,special,3\n").0;
    let array =
        from(br#"[{"study_uid": "1.2.3", "order_kind": "special", "expected_instances": 3}]"#).0;
    let (lines, problems) =
        from(b"{\"study_uid\": \"1.2.3\", \"order_kind\": \"special\", \"expected_instances\": \"3\"}\n7\n");
    assert_eq!(problems.len(), 1);
    let plain = |rows: Vec<ManifestRow>| ManifestRow { line: 0, ..rows[0].clone() };
    let csv = plain(csv);
    assert_eq!((plain(array), plain(lines)), (csv.clone(), csv));
}

#[test]
fn a_mistake_in_an_array_costs_one_element_and_lines_are_those_of_the_file() {
    let (rows, problems) = from(
        b"[\n  {\n    \"study_uid\": \"1.2.3\"\n  },\n  {\"study_uid\": \"1.2.4\", },\n  7,\n  \
          {\"study_uid\": \"1.2.5\",\n   \"exam_at\": \"never\"}\n]\n",
    );
    let lines: Vec<(u32, &str)> = rows.iter().map(|r| (r.line, r.study_uid.as_str())).collect();
    assert_eq!(lines, [(2, "1.2.3"), (7, "1.2.5")]);
    assert_eq!(problems.iter().map(|p| p.line).collect::<Vec<_>>(), [5, 6, 7]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[nothing").unwrap();
    assert!(matches!(read(file.path()), Err(ManifestError::Format { .. })));
}

#[test]
fn gb18030_is_read_and_a_file_of_something_else_is_refused() {
    let (bytes, _, _) = encoding_rs::GB18030.encode("检查号,机构\nA1,第一医院\n");
    assert_eq!(from(&bytes).0[0].institution, "第一医院");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "colour,shape\nred,round\n").unwrap();
    assert!(matches!(read(file.path()), Err(ManifestError::Format { .. })));
    assert!(matches!(read(Path::new("no such file")), Err(ManifestError::Io { .. })));
}

#[test]
fn an_emergency_stands_beside_a_special_flag_in_any_order() {
    for heading in ["study_uid,emergency,special", "study_uid,special,emergency"] {
        let (rows, _) = from(format!("{heading}\n1.2.3,1,1\n").as_bytes());
        assert_eq!(rows[0].order_kind, OrderKind::Emergency, "{heading}");
    }
}
