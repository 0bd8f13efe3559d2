// Package web is the kit every page and endpoint stands on: the router, forms, the table from fault to
// status, language, numbers, the shell and the shared components.
//
// A use case is func(ctx, In) (Out, error). Get, Post, Put and Delete turn it into a JSON endpoint; a page
// handler calls the same use case and answers with a templ component. Values are bound by the json tags of
// In, whether they come as JSON, as a form or as a query, so one struct serves all three.
package web
