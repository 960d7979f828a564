// Package impostorpublic is the public's door below /impostors/ of a hosted
// portal: anybody may report what looks like a fake government site or account
// (网民举报, Article 23(3)).
//
// It decides nothing of the case and reads nothing back but its number. Every
// page works without script, and what was typed is shown again when refused.
package impostorpublic
