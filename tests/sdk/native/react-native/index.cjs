/** All that the SDK takes from React Native. */
module.exports = { Platform: { OS: process.env.NATIVE_OS } };
