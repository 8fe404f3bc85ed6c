"""What is watched, as data: metrics, alarms, the dashboard and saved queries; no resource is made here."""
