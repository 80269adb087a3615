//! Journeys of real people through real nodes: two municipalities as processes, paired over
//! loopback, seen through chromium by a coordinator in each.

mod care;
mod edits;
mod ended;
mod evening;
mod forms;
mod keyboard;
mod main_job;
mod partner_life;
mod steps;
mod walk;
