// Package media is the media library: the pictures, video, audio and
// attachments of units, with what is said about them (替代文字, 图注, 来源, 版权,
// 审图号), where they are used, and what is made of them.
//
// It decides what a file is by its content and which are taken, that an
// original is kept as it came while readers get what was made of it (turned
// upright, without EXIF and position), and that a file in use is never changed
// or deleted: a better one is another asset. It decides when what nothing shows
// leaves, and when its bytes do.
//
// It does not decide where bytes lie (blob), what a text around a picture says
// (library, prose), nor when readers see it (publishing, which asks for the
// files of live items only).
package media
