// Package dashboardweb is the console's door to the dashboards: the morning
// page, the boards with a chart beside each table, the rows behind a number, the
// leader's page for the telephone and the wall of the duty room.
//
// It counts nothing itself, and a chart has no figures of its own: it draws the
// cells of the table beside it.
package dashboardweb
