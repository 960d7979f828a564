// Package lifecycleweb is the face of lifecycle: the application to open a
// site with its live check, the amended application, the launch checklist and
// notices, and the list of exceptions.
//
// It reads forms and files and shows what lifecycle answers; it decides
// nothing of the law.
package lifecycleweb
