/** The SDK reads files for uploads with it; none of its other methods does. */
module.exports = {};
