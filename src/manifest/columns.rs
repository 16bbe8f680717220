//! The columns of a manifest and the names hospitals give them.

/// A column the program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// `order_id`
    OrderId,
    /// `institution`
    Institution,
    /// `study_uid`
    StudyUid,
    /// `accession_number`
    AccessionNumber,
    /// `patient_key`
    PatientKey,
    /// `item_code`
    ItemCode,
    /// `item_name`
    ItemName,
    /// `modality`
    Modality,
    /// `emergency`: yes or no.
    Emergency,
    /// `special`: yes or no.
    Special,
    /// `order_kind`: emergency, routine, special.
    OrderKind,
    /// `ordered_at`
    OrderedAt,
    /// `exam_at`
    ExamAt,
    /// `report_at`
    ReportAt,
    /// `upload_at`
    UploadAt,
    /// `report_id`
    ReportId,
    /// `expected_instances`
    ExpectedInstances,
    /// `label_printed`
    LabelPrinted,
}

use Column as C;

/// Our name first, then the names hospitals use.
const NAMES: &[(Column, &[&str])] = &[
    (C::OrderId, &["order_id", "申请单号", "医嘱号"]),
    (C::Institution, &["institution", "机构", "机构名称", "医疗机构", "机构代码"]),
    (
        C::StudyUid,
        &["study_uid", "study_instance_uid", "studyinstanceuid", "检查uid", "检查实例号"],
    ),
    (C::AccessionNumber, &["accession_number", "accessionnumber", "检查号", "影像号"]),
    (C::PatientKey, &["patient_key", "patient_id", "patientid", "患者编号", "患者标识", "病人id"]),
    (C::ItemCode, &["item_code", "项目编码", "互认项目编码"]),
    (C::ItemName, &["item_name", "项目名称", "检查项目", "院内项目名称"]),
    (C::Modality, &["modality", "检查类别", "设备类型"]),
    (C::Emergency, &["emergency", "急诊", "急诊标志"]),
    (C::Special, &["special", "特殊检查", "疑难病例", "特殊检查标志"]),
    (C::OrderKind, &["order_kind", "申请类型"]),
    (C::OrderedAt, &["ordered_at", "申请时间", "开单时间"]),
    (C::ExamAt, &["exam_at", "检查时间"]),
    (C::ReportAt, &["report_at", "报告时间", "报告发布时间"]),
    (C::UploadAt, &["upload_at", "上传时间"]),
    (C::ReportId, &["report_id", "报告号", "报告编号"]),
    (C::ExpectedInstances, &["expected_instances", "图像数", "图像数量", "应有图像数"]),
    (C::LabelPrinted, &["label_printed", "互认标识", "已标注标识"]),
];

impl Column {
    /// The column of a heading; `None` for one that is kept under its own name.
    pub fn of(heading: &str) -> Option<Self> {
        let plain = heading.trim().to_lowercase().replace([' ', '-'], "_");
        let named = |(_, names): &&(Self, &[&str])| names.contains(&plain.as_str());
        NAMES.iter().find(named).map(|(column, _)| *column)
    }

    /// Our name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(column, _)| *column == self).map_or("", |(_, names)| names[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_hospitals_are_known_and_none_stands_for_two() {
        assert_eq!(Column::of("检查号"), Some(C::AccessionNumber));
        assert_eq!(Column::of(" Study UID "), Some(C::StudyUid));
        assert_eq!(Column::of("Expected-Instances"), Some(C::ExpectedInstances));
        assert_eq!(Column::of("检查前准备"), None);
        let mut all: Vec<&str> =
            NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
