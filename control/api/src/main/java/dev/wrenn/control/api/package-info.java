/// The public HTTP surface: REST routes, the exec WebSocket, the OpenAPI document and its page.
///
/// A handler authorizes, parses, makes one call and renders. Every [dev.wrenn.control.api.Route]
/// says who may call it; [dev.wrenn.control.api.ErrorTable] is the one place that turns failures
/// into public codes. Start with [dev.wrenn.control.api.ApiServer].
@NullMarked
package dev.wrenn.control.api;

import org.jspecify.annotations.NullMarked;
